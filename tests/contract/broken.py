"""Providers that each break one law, by one line: what a careless change would do."""

import hashlib
import time
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, ReadResult
from pydantic import SecretStr, ValidationError

from pulumi_liveavatar.api.contexts import Contexts
from pulumi_liveavatar.api.errors import LiveAvatarError
from pulumi_liveavatar.api.secrets import Secrets, WireSecret
from pulumi_liveavatar.context import CONTENT, ContextInputs, ContextProvider
from pulumi_liveavatar.secret import SecretProvider
from pulumi_liveavatar.session_template import SessionTemplateProvider
from pulumi_liveavatar.strict import plain, sentences

Props = dict[str, Any]


class ComparesThePickle(ContextProvider):
    """Law 1: `__provider` decides a diff, so every new release of a library updates every resource."""

    inputs = (*CONTENT, "__provider")


class ForgetsADefault(ContextProvider):
    """Law 1: check passes the inputs on as they came; the defaults come back as a change."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        return CheckResult({k: v for k, v in news.items() if k != "opening_text"}, [])


class ReadsItsOwnMemory(ContextProvider):
    """Law 2: read repeats the state."""

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, {k: v for k, v in props.items() if k != "__provider"})


class TrustsItsReferences(SessionTemplateProvider):
    """Law 2: nobody looks whether the context is still there."""

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, {k: v for k, v in props.items() if k != "__provider"})


class FailsWhenGone(ContextProvider):
    """Law 3: a missing object is an error."""

    def read(self, id_: str, props: Props) -> ReadResult:
        Contexts(self.client).get(id_)
        return super().read(id_, props)


class NeverGone(SecretProvider):
    """Law 3: nobody looks in the list."""

    def read(self, id_: str, props: Props) -> ReadResult:
        return ReadResult(id_, {k: v for k, v in props.items() if k != "__provider"})


class DeletesOnce(ContextProvider):
    """Law 4: a second delete is an error."""

    def delete(self, id_: str, _props: Props) -> None:
        Contexts(self.client).delete(id_)


class DeletesNothing(SecretProvider):
    """Law 4: the object stays."""

    def delete(self, id_: str, _props: Props) -> None:
        """Nothing."""


class ReplacesForAName(ContextProvider):
    """Law 5: a new name makes a new context."""

    replace_on = ("name",)


class UpdatesAKey(SecretProvider):
    """Law 5: a new value is taken for a change in place."""

    def diff(self, _id: str, olds: Props, news: Props) -> Any:
        result = super().diff(_id, olds, news)
        result.replaces = []
        return result


class OldBeforeNew(SecretProvider):
    """Law 5: what uses the secret is without one for a while."""

    def diff(self, _id: str, olds: Props, news: Props) -> Any:
        result = super().diff(_id, olds, news)
        result.delete_before_replace = True
        return result


class KeepsTheValue(SecretProvider):
    """Law 6: the value is an output."""

    def create(self, props: Props) -> CreateResult:
        made = super().create(props)
        (made.outs or {})["value"] = self._value(props).get_secret_value()
        return made


class PicklesItsClient(ContextProvider):
    """Law 6: the settings travel with the provider."""

    def __getstate__(self) -> Props:
        return {"key": self.configured.settings.api_key.get_secret_value()}


class QuotesTheRequest(SecretProvider):
    """Law 6: an error says what was sent."""

    def create(self, props: Props) -> CreateResult:
        try:
            return super().create(props)
        except LiveAvatarError as error:
            failed = f"{error} with {self._value(props).get_secret_value()}"
        raise RuntimeError(failed)


class ChainsTheCause(SecretProvider):
    """Law 6: a harmless error hangs on one that quotes."""

    def create(self, props: Props) -> CreateResult:
        try:
            return super().create(props)
        except LiveAvatarError:
            quoting = ValueError(self._value(props).get_secret_value())
        raise RuntimeError("the secret was not made") from quoting


class WantsToKnow(ContextProvider):
    """Law 7: an unknown value is a bad one."""

    def check(self, _olds: Props, news: Props) -> CheckResult:
        given = {k: v for k, v in news.items() if k != "__provider"}
        try:
            return CheckResult(plain(ContextInputs.model_validate(given)), [])
        except ValidationError as error:
            return CheckResult(given, [CheckFailure(*each) for each in sentences(error)])


class TakesUnknownForSame(ContextProvider):
    """Law 7: what is not known yet is taken for unchanged."""

    def diff(self, _id: str, olds: Props, news: Props) -> Any:
        known = {k: olds.get(k) if type(v).__name__ == "Unknown" else v for k, v in news.items()}
        return super().diff(_id, olds, known)


class AsksInDiff(ContextProvider):
    """Law 7: diff makes a call, and pays for it in every preview."""

    def diff(self, _id: str, olds: Props, news: Props) -> Any:
        Contexts(self.client).list()
        return super().diff(_id, olds, news)


class MakesAnother(SecretProvider):
    """Law 8: create does not look for its own orphan."""

    def _make_or_take_over(self, full_name: str, kind: str, value: SecretStr) -> WireSecret:
        return Secrets(self.client).create(secret_name=full_name, secret_type=kind, secret_value=value)


class NamesByTheClock(SecretProvider):
    """Law 8: the name is another one each time, so the orphan is never found."""

    def _suffix(self, props: Mapping[str, Any], value: SecretStr) -> str:
        return hashlib.sha256(str(time.monotonic_ns()).encode()).hexdigest()[:8]


class GivesUpOnAName(ContextProvider):
    """Law 8: a name that is taken is an error, even when it was taken by ourselves."""

    def create(self, props: Props) -> CreateResult:
        made = Contexts(self.client).create(**{k: props[k] for k in CONTENT})
        return CreateResult(made.id, {k: props[k] for k in CONTENT})
