"""Natural sentences and the questions that people ask about them: lessons for whoever learns to answer."""
