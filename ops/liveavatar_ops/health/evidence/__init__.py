"""Pictures that show what a check saw. They hold no token and no key: only facts and frames go in."""
