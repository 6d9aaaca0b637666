"""What was likely before anything was measured, and what to believe once it was.

Scores are compared as angles, the arcsine of their square roots, whose error hardly hangs on the score
itself (Freeman and Tukey 1950).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.scoring import Floats


@dataclass(frozen=True, slots=True)
class Prior:
    """What the methods probably score in use: jointly normal, in angles. Arrays (methods,)."""

    mean: Floats
    covariance: Floats
    """Shape (methods, methods)."""
    gained: Floats
    """What each scores more in use than in cross-validation, for it has learned from all samples."""
    unsteady: Floats
    """Variance of what it scores after another training, beside that of other samples."""

    def believe(self, scores: Floats, rng: np.random.Generator) -> Floats:
        """Scores in use that are still possible, given scores on resamples; shapes (methods, times).

        Draws of the posterior, each a draw of the prior that is conditioned (Matheron's rule; Journel 1974).
        """
        times, retrained = scores.shape[1], self._retrained(scores, rng)
        # Eigenvectors are not unique where methods are alike: with them other machines would draw otherwise.
        truths = rng.multivariate_normal(self.mean, self.covariance, times, method="cholesky").T
        return score(self._moved(truths, retrained, scores))

    def retrain(self, scores: Floats, rng: np.random.Generator) -> Floats:
        """What another training would have scored on each resample; shapes (methods, times)."""
        return score(self._retrained(scores, rng))

    def guess(self, scores: Floats) -> Floats:
        """What would be expected of each, had a resample been the samples; shapes (methods, times)."""
        return score(self._moved(self.mean[:, None], angle(scores), scores))

    def after(self, measured: Floats, errors: Floats) -> tuple[Floats, Floats]:
        """Mean and covariance of the angles in use, given measured ones and their errors' covariance."""
        weight = self._weight(errors)
        mean = self.mean + weight @ (measured + self.gained - self.mean)
        return mean, self.covariance - weight @ self.covariance

    def _retrained(self, scores: Floats, rng: np.random.Generator) -> Floats:
        """In angles."""
        return angle(scores) + rng.standard_normal(scores.shape) * np.sqrt(self.unsteady)[:, None]

    def _moved(self, before: Floats, measured: Floats, scores: Floats) -> Floats:
        """Angles as they are after measuring; how far these may be off, the scores on resamples tell."""
        weight = self._weight(np.atleast_2d(np.cov(angle(scores))))
        return np.asarray(before + weight @ (measured + self.gained[:, None] - before))

    def _weight(self, errors: Floats) -> Floats:
        """How far what is measured counts."""
        told = self.covariance + errors + np.diag(self.unsteady)
        return np.asarray(np.linalg.solve(told, self.covariance).T)


def angle(scores: Floats) -> Floats:
    """From a score of 0 to 1."""
    return np.asarray(np.arcsin(np.sqrt(np.clip(scores, 0, 1))))


def score(angles: Floats) -> Floats:
    """Back to a score; beyond the ends it is 0 or 1."""
    return np.asarray(np.sin(np.clip(angles, 0, np.pi / 2)) ** 2)
