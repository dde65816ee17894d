"""CRPS by other packages, timed on request: beside bench/crps.ts, which starts it and asks.

usage: evaluation_peers.py FOLDER MEMBERS POINTS
FOLDER holds members.f32 [member, point] and truth.f32 [point]. First line out: {peer: version}. Then for each line
"PEER CORES" in, one line out: seconds (CPU time on one core, by the clock on two), the faster of members laid out [member, point] and [point, member]; the scores
are left in FOLDER/PEER.f64. Two cores are two processes, each with half of the points. All give fair CRPS but
properscoring, which has the energy form alone: its scores are given so, and turned into fair ones outside the clock.
"""

import json
import multiprocessing
import sys
import time

import numpy as np

folder, M, P = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = np.fromfile(f"{folder}/members.f32", np.float32).reshape(M, P)
columns = np.ascontiguousarray(rows.T)
truth = np.fromfile(f"{folder}/truth.f32", np.float32)
shared = multiprocessing.RawArray("d", P)
scores = np.frombuffer(shared)


def by_numpy(members, observed, axis):
    """Sort form; float32 sorted, float64 summed."""
    count = members.shape[axis]
    errors = np.sort(members - np.expand_dims(observed, axis), axis=axis)
    weights = (2 * np.arange(count) - count + 1) / (count * (count - 1))
    distance = np.abs(errors).mean(axis=axis, dtype=np.float64)
    pairs = np.einsum("ij,j->i" if axis == 1 else "ij,i->j", errors, weights)
    return distance - pairs


peers = {"numpy": (np.__version__, by_numpy)}
try:
    import scoringrules

    def by_scoringrules(members, observed, axis):
        return scoringrules.crps_ensemble(observed, members, axis, estimator="pwm", backend="numba")

    by_scoringrules(rows[:, :8], truth[:8], 0)
    peers["scoringrules"] = (scoringrules.__version__, by_scoringrules)
except ImportError:
    pass
try:
    import properscoring

    def by_properscoring(members, observed, axis):
        return properscoring.crps_ensemble(observed, members, axis=axis)

    by_properscoring(rows[:, :8], truth[:8], 0)
    peers["properscoring"] = (getattr(properscoring, "__version__", "?"), by_properscoring)
except ImportError:
    pass


def score(task):
    name, axis, first, last = task
    members = rows[:, first:last] if axis == 0 else columns[first:last]
    scores[first:last] = peers[name][1](members, truth[first:last], axis)


if __name__ == "__main__":
    pool = multiprocessing.get_context("fork").Pool(2)
    print(json.dumps({name: version for name, (version, _) in peers.items()}), flush=True)
    for line in sys.stdin:
        name, cores = line.split()
        seconds = []
        for axis in (0, 1):
            clock = time.process_time if cores == "1" else time.perf_counter
            began = clock()
            if cores == "1":
                score((name, axis, 0, P))
            else:
                pool.map(score, [(name, axis, 0, P // 2), (name, axis, P // 2, P)], chunksize=1)
            seconds.append(clock() - began)
        result = scores
        if name == "properscoring":
            ordered = np.sort(columns, axis=1)
            weights = (2 * np.arange(M) - M + 1) * (1 / (M * (M - 1)) - 1 / M**2)
            result = scores - np.einsum("ij,j->i", ordered, weights)
        result.tofile(f"{folder}/{name}.f64")
        print(min(seconds), flush=True)
    pool.terminate()
