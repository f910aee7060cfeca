"""The service: search, concepts and the journal over HTTP, and one page for people.

Reads only, through the ports of target, store and embedder; knows no settings and no driver.
Starlette and uvicorn are imported here and nowhere else, by the command `serve` alone.
"""
