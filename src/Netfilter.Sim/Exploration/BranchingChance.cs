using System.Collections.Immutable;
using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Exploration;

/// <summary>
/// Answers questions along one branch: the first ones as planned, later ones by the first possible answer, and remembers
/// all of them, so that the next branch can be planned.
/// </summary>
internal sealed class BranchingChance(uint splitUpTo) : INetfilterChance
{
    private readonly List<Question> _questions = [];
    private readonly List<OpenChoice> _open = [];
    private int _asked;

    /// <summary>The probability of the answers that were given.</summary>
    public Probability Probability => _questions.Take(_asked).Aggregate(
        Probability.One, (product, question) => product * question.ProbabilityOfAnswer);

    public ImmutableArray<OpenChoice> OpenChoices => [.. _open];

    public bool Decide(ChancePurpose purpose, uint threshold)
    {
        if (threshold is 0 or >= DecisionRange.One)
        {
            return threshold != 0;
        }
        return Ask(new Question(threshold, 2)) == 0;
    }

    public uint Choose(ChancePurpose purpose, uint count)
    {
        ArgumentOutOfRangeException.ThrowIfZero(count);
        if (count == 1)
        {
            return 0;
        }
        if (count <= splitUpTo)
        {
            return Ask(new Question(0, count));
        }
        _open.Add(new OpenChoice(purpose, count, 0));
        return 0;
    }

    /// <summary>A branch is one walk of one namespace; its forks would share the plan.</summary>
    public INetfilterChance Fork() => this;

    /// <summary>Plans the next branch: the last question that has another answer gets it, those after it are forgotten.</summary>
    /// <returns>False when all branches have been walked.</returns>
    public bool Advance()
    {
        while (_questions.Count > 0)
        {
            Question last = _questions[^1];
            _questions.RemoveAt(_questions.Count - 1);
            if (last.Answer + 1 < last.Answers)
            {
                _questions.Add(last with { Answer = last.Answer + 1 });
                break;
            }
        }
        _asked = 0;
        _open.Clear();
        return _questions.Count > 0;
    }

    private uint Ask(Question question)
    {
        if (_asked == _questions.Count)
        {
            _questions.Add(question);
        }
        return _questions[_asked++].Answer;
    }

    /// <summary>A question and the answer of this branch: 0 is yes and 1 is no, or the value.</summary>
    private readonly record struct Question(uint Threshold, uint Answers, uint Answer = 0)
    {
        public Probability ProbabilityOfAnswer => Threshold == 0
            ? Probability.OneIn(Answers)
            : Answer == 0 ? Probability.OfThreshold(Threshold) : Probability.OfThreshold(Threshold).Complement();
    }
}
