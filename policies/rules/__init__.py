"""Rules as plain functions, one module a kind. Nothing here touches the network or the clock."""
