"""One module for each place that shows who owns what; all of them are `ports.Leases`."""
