"""``jackfield serve``: syncs on schedule and the services of plugins, with health, metrics and an orderly end."""
