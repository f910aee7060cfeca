"""Programs that run under the interpreter of what ours is compared with, each as its own
documentation says. They import nothing of ours but `reading`, and print one JSON document.
"""
