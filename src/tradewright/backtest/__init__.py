"""Bounded runs over recorded markets: data in, the same step as live, numbers out."""
