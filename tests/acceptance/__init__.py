"""The main job, end to end: real data, real stores, the real command, and what may befall it."""
