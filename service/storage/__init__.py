"""What the service remembers: files, jobs and their events, in one SQL database."""
