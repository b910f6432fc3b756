"""Results to tables, figures and pages, from records alone."""
