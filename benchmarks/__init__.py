"""Speed, memory and accuracy of the engine, measured beside general simulators."""
