"""What can be wrong with a walk test."""

from registry.problems import Conflict, NotFound


class WalkTestRuns(Conflict):
    slug = "walk-test-runs"
    title = "A walk test of this site runs already"


class WalkTestUnknown(NotFound):
    slug = "walk-test-unknown"
    title = "There is no such walk test here"


class NothingToTest(Conflict):
    slug = "nothing-to-test"
    title = "There is no beam there to test"
