"""Real faults on the real, running product: what people are told, and that nothing stored is lost."""
