"""Makes the bundled sentence encoder: all-MiniLM-L6-v2 as an ONNX graph in int8, from the weights of its package."""
