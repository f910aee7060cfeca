"""A whole world in one thread: engine, processes, network and server, decided by one seed."""
