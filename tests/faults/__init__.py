"""What breaks in operation, broken on purpose: real processes on engines of their own. The figures: docs/faults.md."""
