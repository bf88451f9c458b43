"""The vote: electorate, ballots, rule and result, sittings, the resolution and the conditions of an approval."""
