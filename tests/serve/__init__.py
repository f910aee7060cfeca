"""The service, by real requests over loopback."""
