"""What an editor does to a policy before it is posted: type it, mark its clauses, look it over."""
