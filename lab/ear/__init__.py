"""The second ear of Junior: fitted on few sentences, over the sentence encoder and the guard's own scores."""
