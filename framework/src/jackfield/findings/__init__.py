"""Findings: what in a snapshot somebody should look at, each with its evidence, and the requests that would mend it."""
