"""Beam search with a recurrent decoder: a loop that ends when every hypothesis has ended, or at the longest length."""

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

from snek_workloads.workload import Arguments, Workload

SIZES = {
    "tiny": {"beam": 3, "length": 6, "vocabulary": 7, "hidden": 4},
    "small": {"beam": 5, "length": 10, "vocabulary": 200, "hidden": 64},
    "medium": {"beam": 5, "length": 20, "vocabulary": 1000, "hidden": 256},
    "paper": {"beam": 5, "length": 40, "vocabulary": 10_000, "hidden": 256},
    **{
        f"paper_{length}x{vocabulary}": {"beam": 5, "length": length, "vocabulary": vocabulary, "hidden": 256}
        for length in (10, 20, 40, 80)
        for vocabulary in (1000, 3000, 10_000, 30_000)
    },
}
"""AutoGraph's appendix has sixteen settings, `paper_LENGTHxVOCABULARY`; `paper` is one in the middle."""

END, START = 0, 1
BARRED = 1_000_000_000
MARGIN = 1e-4
"""By how much, at least, the scores of neighbours in rank differ: above float32's rounding of a score."""


def beam_search(xp, sequences, scores, tokens, h, words, wh, b, out_w, out_b):  # type: ignore[no-untyped-def]
    """Return the best `sequences` (beam, length) of tokens and their scores, in the order of their scores.

    Token 0 ends a hypothesis, which keeps its score from then on. `scores` starts with all hypotheses barred but one.
    """
    vocabulary = out_w.shape[1]
    barred = xp.where(xp.arange(vocabulary) == 0, 0 * out_b, 0 * out_b - 1000000000)
    slots = xp.arange(sequences.shape[0], dtype=xp.int64)
    places = xp.arange(sequences.shape[0] * vocabulary, dtype=xp.int64)
    columns = xp.arange(sequences.shape[1], dtype=xp.int64)
    done = tokens == 0
    t = 0 * tokens[0]  # a counter of the tokens' own dtype: a literal 0 is int32 in TensorFlow's loops
    while t < sequences.shape[1] and not xp.all(done):
        h = xp.tanh(xp.take(words, tokens, axis=0) + h @ wh + b)
        z = h @ out_w + out_b
        z = z - xp.max(z)
        likelihood = xp.where(done[:, None], barred, z - xp.log(xp.sum(xp.exp(z), axis=1))[:, None])
        total = xp.reshape(scores[:, None] + likelihood, (-1,))
        chosen = 0 * tokens
        for k in slots:
            best = xp.argmax(total)
            chosen = xp.where(slots == k, best, chosen)
            scores = xp.where(slots == k, total[best], scores)
            total = xp.where(places == best, total - 1000000000, total)
        parent = chosen // vocabulary
        tokens = chosen % vocabulary
        h = xp.take(h, parent, axis=0)
        sequences = xp.where(columns == t, tokens[:, None], xp.take(sequences, parent, axis=0))
        done = tokens == 0
        t = t + 1
    return sequences, scores


def arguments(rng: np.random.Generator, size: str) -> Arguments:
    """Draw a decoder and a first state; the end is, half the time, so likely that every hypothesis ends early.

    Ranks are a threshold's answer: a decoder with scores too close for float32 to tell apart is drawn again.
    """
    s = SIZES[size]
    beam, length, vocabulary, hidden = s["beam"], s["length"], s["vocabulary"], s["hidden"]
    scores = np.full(beam, -BARRED, np.float32)
    scores[0] = 0
    eager = rng.random() < 0.5
    while True:
        out_b = 0.1 * rng.standard_normal(vocabulary)
        out_b[END] = rng.uniform(1, 6) if eager else -BARRED
        decoder = [
            rng.standard_normal((beam, hidden)),
            rng.standard_normal((vocabulary, hidden)),
            rng.standard_normal((hidden, hidden)) / np.sqrt(hidden),
            0.1 * rng.standard_normal(hidden),
            2 * rng.standard_normal((hidden, vocabulary)) / np.sqrt(hidden),
            out_b,
        ]
        start = (np.zeros((beam, length), np.int64), scores, np.full(beam, START))
        drawn = (*start, *(part.astype(np.float32) for part in decoder))
        if _search(*drawn)[2] > MARGIN:
            return drawn


def witness(*drawn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keep the hypotheses as lists of tokens, each with its own state, and sort all their continuations."""
    sequences, scores, _ = _search(*drawn)
    return sequences, scores


def _search(
    sequences: np.ndarray, _: np.ndarray, tokens: np.ndarray, h: np.ndarray, *decoder: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return sequences, scores, and the smallest difference between scores of neighbouring ranks on the way."""
    words, wh, b, out_w, out_b = (np.asarray(part, np.float64) for part in decoder)
    beam, length = sequences.shape
    ended: list[tuple[float, list[int], np.ndarray]] = []
    going = [(0.0, [int(tokens[0])], np.asarray(h[0], np.float64))]
    margin = np.inf
    for _step in range(length):
        continued = list(ended)
        last = [so_far[-1] for _, so_far, _ in going]
        states = np.tanh(words[last] + np.stack([state for _, _, state in going]) @ wh + b)
        likelihoods = log_softmax(states @ out_w + out_b, axis=1)
        for (score, so_far, _), after, likelihood in zip(going, states, likelihoods, strict=True):
            few = np.argpartition(-likelihood, beam)[: beam + 1]
            continued += [(score + likelihood[token], [*so_far, int(token)], after) for token in few]
        continued.sort(key=lambda hypothesis: -hypothesis[0])
        margin = min(margin, float(np.min(-np.diff([score for score, _, _ in continued[: beam + 1]]))))
        kept = continued[:beam]
        ended, going = ([one for one in kept if (one[1][-1] == END) is end] for end in (True, False))
        if not going:
            break
    kept = sorted([*ended, *going], key=lambda hypothesis: -hypothesis[0])
    padded = [(so_far[1:] + [END] * length)[:length] for _, so_far, _ in kept]
    return np.array(padded), np.array([score for score, _, _ in kept]), margin


def _steps(drawn: tuple[np.ndarray, ...]) -> int:
    """Count the steps until the last hypothesis has ended."""
    sequences, _, _ = _search(*drawn)
    longest = int(np.max(np.count_nonzero(sequences != END, axis=1)))
    return min(longest + 1, len(sequences[0]))


def flops(*drawn: np.ndarray) -> float:
    """Count a step's two products, its tanh and its log-softmax; a pass over the scores finds the best of them all."""
    beam, hidden = drawn[3].shape
    vocabulary = len(drawn[-1])
    # A score: bias, shift, exp, sum, difference, the hypothesis's score, and one comparison.
    return float(_steps(drawn) * beam * (2 * hidden * (hidden + vocabulary) + 3 * hidden + 7 * vocabulary))


def bytes_moved(*drawn: np.ndarray) -> float:
    """Count the decoder read once, but of the words' vectors only one a hypothesis and step, and the answer written."""
    sequences, scores, tokens, h, words, *decoder = drawn
    vectors = min(_steps(drawn) * len(tokens), len(words)) * words[0].nbytes
    answer = sequences.nbytes + scores.nbytes
    return float(answer + scores.nbytes + tokens.nbytes + h.nbytes + vectors + sum(part.nbytes for part in decoder))


WORKLOAD = Workload(
    program=beam_search,
    arguments=arguments,
    sizes=SIZES,
    witness=witness,
    flops=flops,
    bytes_moved=bytes_moved,
    # Tokens are right or wrong: `arguments` draws decoders without near ties. A score sums up to 80 logarithms of
    # softmaxes over up to 30,000 terms, each right to about 1e-6.
    relative_tolerance=1e-5,
    absolute_tolerance=1e-4,
    why="decoding with early stop: gathers, ranks and a loop that ends on data",
    experts={
        "jax": "snek_workloads.experts.beam_search:with_jax",
        "torch": "snek_workloads.experts.beam_search:with_torch",
    },
)
