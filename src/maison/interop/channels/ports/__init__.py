"""What a channel plugs into: sources and targets, each an abstract base and adapters registered by their code."""
