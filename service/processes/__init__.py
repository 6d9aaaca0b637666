"""The processes of a server: a supervisor that keeps web, worker and engine alive."""
