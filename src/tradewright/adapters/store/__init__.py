"""One package for each place that keeps tables; all of them are `ports.Store`."""
