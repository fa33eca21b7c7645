"""Areas: parts of Teams with their endpoints, rows and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tap_msteams_sandbox.endpoints import Call, Endpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from random import Random

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.limits import Limit
    from tap_msteams_sandbox.odata import Paging
    from tap_msteams_sandbox.replies import Reply

    Rows = Callable[[Company], Iterator[dict[str, Any]]]
    Work = Callable[[Company, Random], dict[str, int]]

A = TypeVar("A", bound="Callable[[Call], bytes | Reply]")


class Area:
    """Endpoints that belong together, and the parts of the tenant behind them.

    A function that answers an endpoint, or yields the rows of a collection, says so itself:

        @AREA.endpoint("GET /teams/{id}/tags", "teamworktag-list", application=TAG, delegated=MY)
        def tags(call: Call) -> bytes: ...

        @AREA.rows("tags")
        def all_tags(tenant: Company) -> Iterator[Row]: ...
    """

    def __init__(
        self,
        name: str,
        *,
        roles: Iterable[str] = (),
        columns: Iterable[str] = (),
        limits: Iterable[Limit] = (),
        directory: bool = False,
    ) -> None:
        self.name = name
        self.directory = directory
        """Whether Entra's directory answers."""
        self.roles = tuple(roles)
        """What an administrator would consent to for reading all of it."""
        self.columns = frozenset(columns)
        """Permissions that no endpoint asks for, but single properties of its answers."""
        self.limits = tuple(limits)
        self.work: Work = _nothing
        """A day of work; says how often what was done."""
        self.endpoints: list[Endpoint] = []
        self.expected: dict[str, Rows] = {}
        """What yields all current rows of a collection in full, ids of parents included."""

    def endpoint(  # noqa: PLR0913 (what Microsoft documents of an endpoint)
        self,
        pattern: str,
        page: str,
        *,
        application: tuple[str, ...] | None,
        delegated: tuple[str, ...] | None,
        options: Iterable[str] = (),
        paging: Paging | None = None,
    ) -> Callable[[A], A]:
        """Declare the endpoint that the function below answers; see Endpoint."""
        method, _, path = pattern.partition(" ")

        def declare(answer: A) -> A:
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    page=page,
                    application=application,
                    delegated=delegated,
                    answer=answer,
                    options=frozenset(options),
                    paging=paging,
                    directory=self.directory,
                )
            )
            return answer

        return declare

    def rows(self, collection: str) -> Callable[[Rows], Rows]:
        """Declare that the function below yields all rows of a collection."""

        def declare(rows: Rows) -> Rows:
            self.expected[collection] = rows
            return rows

        return declare

    def day(self, work: Work) -> Work:
        """Declare that the function below is a day of work."""
        self.work = work
        return work


def _nothing(_: Company, __: Random) -> dict[str, int]:
    return {}
