"""Lists of words and phrases that exact rules look for; data, reviewed like code."""
