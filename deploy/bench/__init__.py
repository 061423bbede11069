"""`dayuan bench`: how fast this installation is, beside a floor and beside the usual ways, measured in one run."""
