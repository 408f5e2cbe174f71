"""One package for each venue: its client, which the engine knows by `ports.Venue` alone."""
