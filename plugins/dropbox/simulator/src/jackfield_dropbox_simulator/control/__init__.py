"""Control over the simulation, under `/_sim/`: what is true, what was asked, faults and churn."""
