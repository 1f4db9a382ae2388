using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Tests.Rules;

public sealed class SortedChainsTests
{
    [Fact]
    public void Edits_InAnyOrder_AreThoseOfASortedDictionary()
    {
        Random random = new(11);
        SortedChains chains = SortedChains.Empty;
        SortedDictionary<string, Chain> model = new(Utf8Order.Instance);
        for (int i = 0; i < 4_000; i++)
        {
            string name = $"{(char)random.Next('A', 'z')}{random.Next(600)}";
            Chain chain = new(name, RuleSequence.Empty);
            if (random.Next(3) == 0)
            {
                chains = chains.Without(name);
                model.Remove(name);
            }
            else if (random.Next(50) == 0)
            {
                Chain[] many = [.. Enumerable.Range(0, 40).Select(n => new Chain($"m{random.Next(900)}", RuleSequence.Empty))];
                chains = chains.With(many);
                Array.ForEach(many, one => model[one.Name] = one);
            }
            else
            {
                chains = chains.With(chain);
                model[name] = chain;
            }
            chains.Count.ShouldBe(model.Count);
            ReferenceEquals(chains.Find(name), model.GetValueOrDefault(name)).ShouldBeTrue();
        }
        chains.All.Select(chain => chain.Name).ShouldBe(model.Keys);
    }

    [Fact]
    public void All_NamesBeyondAscii_AreInByteOrder()
    {
        string[] names = ["é", "z", "\U0001F600", "\uffee", "Z"];
        SortedChains chains = SortedChains.Empty.With([.. names.Select(name => new Chain(name, RuleSequence.Empty))]);
        chains.All.Select(chain => chain.Name).ShouldBe(["Z", "z", "é", "\uffee", "\U0001F600"]);
    }
}
