"""`python -m feedback_analytics` is `feedback`."""

from feedback_analytics.cli import main

if __name__ == "__main__":
    main()
