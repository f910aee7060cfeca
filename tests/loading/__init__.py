"""Loading: from records to a verified target, over faults and kills."""
