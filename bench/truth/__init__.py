"""How well claims are told from others that their evidence does not support, source by source."""
