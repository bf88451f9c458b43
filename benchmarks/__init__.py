"""What Creditflow's speed is held to: `python -m benchmarks` measures all of it in one run and prints one table.

Terms: floor (the bare transaction that writes the same rows), walk (one case on its way along the route).
"""
