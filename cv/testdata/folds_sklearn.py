"""Writes folds_sklearn.json: StratifiedGroupKFold without shuffling on random
small problems, as scikit-learn assigns them. Run it in this folder."""
import json

import numpy as np
import sklearn
from sklearn.model_selection import StratifiedGroupKFold

rng = np.random.default_rng(20)
cases = []
for n, classes, groups, folds in [
    (40, 2, 12, 3), (60, 2, 60, 5), (90, 3, 20, 4), (120, 7, 50, 5), (150, 9, 40, 5), (200, 12, 70, 10),
    (160, 8, 30, 8), (300, 20, 90, 12), (50, 2, 10, 10), (64, 1, 16, 8), (90, 1, 30, 9), (200, 2, 25, 5),
    (260, 140, 70, 3), (90, 3, 45, 2),
]:
    for skew in (0, 1):
        p = np.arange(1, classes + 1) ** (-2.0 * skew)
        y = rng.choice(classes, n, p=p / p.sum()) * 3 + 1
        g = np.array([f"G{i}" for i in rng.integers(0, groups, n)])
        fold = np.full(n, -1)
        for f, (_, test) in enumerate(StratifiedGroupKFold(folds).split(np.zeros(n), y, g)):
            fold[test] = f
        cases.append({"name": f"{n} rows of {classes} classes in {groups} groups, {folds} folds, skew {skew}",
                      "k": folds, "class": y.tolist(), "group": g.tolist(), "fold": fold.tolist()})
with open("folds_sklearn.json", "w") as f:
    json.dump({"source": f"scikit-learn {sklearn.__version__}, NumPy {np.__version__}", "cases": cases}, f)
    f.write("\n")
