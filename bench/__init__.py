"""Measurements that are too noisy to be tests; what each one measures is in ``README.md``."""
