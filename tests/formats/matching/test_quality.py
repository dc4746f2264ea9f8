import pytest

from maison.formats.matching.quality import NotEnough, draw, estimate


def truth_of(population):
    """Every candidate pair with its probability, and whether it is one person."""
    i, j = population.rows
    person = population.crowd.person
    pairs = population.pairs.tolist()
    return (
        dict(zip(pairs, population.scored.match.tolist(), strict=True)),
        dict(zip(pairs, (person[i] == person[j]).tolist(), strict=True)),
    )


def test_judging_a_sample_blindly_finds_the_true_precision_and_recall(population):
    probabilities, truth = truth_of(population)
    drawn = draw(probabilities, 60, seed=4)
    quality = estimate(drawn, probabilities, {pair: truth[pair] for pair in drawn.pairs})
    proposed = [pair for pair, probability in probabilities.items() if probability >= 0.5]
    precision = sum(truth[pair] for pair in proposed) / len(proposed)
    recall = sum(truth[pair] for pair in proposed) / sum(truth.values())

    assert quality.judged == len(drawn.pairs) < len(probabilities)
    assert quality.precision.low <= precision <= quality.precision.high
    assert quality.recall.low <= recall <= quality.recall.high
    assert quality.precision.high - quality.precision.low < 0.1


def test_a_sample_shows_the_doubtful_middle_and_not_what_the_model_thinks(population):
    probabilities, _ = truth_of(population)
    drawn = draw(probabilities, 10, seed=4)

    assert draw(probabilities, 10, seed=4) == drawn
    assert draw(probabilities, 10, seed=5) != drawn
    order = [probabilities[pair] for pair in drawn.pairs]
    assert order not in (sorted(order), sorted(order, reverse=True))
    assert sum(0.1 < probability < 0.9 for probability in order) > len(order) / 5


def test_no_figure_is_given_while_a_stratum_was_not_judged(population):
    probabilities, truth = truth_of(population)
    drawn = draw(probabilities, 10, seed=4)
    sure = {pair: truth[pair] for pair in drawn.pairs if probabilities[pair] > 0.99}

    with pytest.raises(NotEnough):
        estimate(drawn, probabilities, sure)
