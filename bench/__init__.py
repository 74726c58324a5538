"""Speed and quality, measured: each module is one command and writes its figures as JSON."""
