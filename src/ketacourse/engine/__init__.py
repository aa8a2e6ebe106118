"""One way to run the model: the compiled kernel, its NumPy twin and the exact reference."""
