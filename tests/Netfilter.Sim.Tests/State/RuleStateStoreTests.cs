using Netfilter.Sim.State;

namespace Netfilter.Sim.Tests.State;

public class RuleStateStoreTests
{
    private static readonly StateKey Key = new("recent", "DEFAULT");

    [Fact]
    public void Named_SharedByRules_GoesWithTheLastUser()
    {
        RuleStateStore store = new();
        int first = store.AddNamed(Key, () => new Number(1));
        store.AddNamed(Key, () => new Number(2)).ShouldBe(first);
        ((Number)store.Read(first)).Value.ShouldBe(1);
        store.Release(first);
        store.Find(Key).ShouldBe(first);
        store.Release(first);
        store.Find(Key).ShouldBe(-1);
        store.AddNamed(Key, () => new Number(3)).ShouldBe(first);
    }

    [Fact]
    public void Fork_WritesOfEitherSide_StayThere()
    {
        RuleStateStore origin = new();
        int slot = origin.Add(new Number(1));
        RuleStateStore fork = origin.Fork();
        ((Number)fork.Write(slot)).Value = 2;
        ((Number)origin.Read(slot)).Value.ShouldBe(1);
        ((Number)origin.Write(slot)).Value = 3;
        ((Number)fork.Read(slot)).Value.ShouldBe(2);
        fork.Replace(slot, new Number(4));
        ((Number)origin.Read(slot)).Value.ShouldBe(3);
    }

    private sealed class Number(int value) : RuleState
    {
        public int Value { get; set; } = value;

        public override RuleState Clone() => new Number(Value);
    }
}
