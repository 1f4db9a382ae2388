using Netfilter.Sim.Determinism;

namespace Netfilter.Sim.Tests.Determinism;

public class ScriptedChanceTests
{
    [Fact]
    public void Answers_ComeInOrder_AndCertainQuestionsTakeNone()
    {
        ScriptedChance chance = new(1, 0, 7);
        chance.Decide(ChancePurpose.Statistic, 5).ShouldBeTrue();
        chance.Decide(ChancePurpose.Statistic, 0).ShouldBeFalse();
        chance.Decide(ChancePurpose.Statistic, 1u << 31).ShouldBeTrue();
        chance.Choose(ChancePurpose.NatPort, 1).ShouldBe(0u);
        chance.Decide(ChancePurpose.Statistic, 5).ShouldBeFalse();
        INetfilterChance fork = chance.Fork();
        fork.Choose(ChancePurpose.NatPort, 8).ShouldBe(7u);
        chance.Choose(ChancePurpose.NatPort, 8).ShouldBe(7u);
        chance.Used.ShouldBe(3);
    }

    [Fact]
    public void Answers_UsedUp_SayWhoAsked()
    {
        ScriptedChance chance = new(1);
        chance.Decide(ChancePurpose.Statistic, 5);
        Should.Throw<ScriptedChanceException>(() => chance.Choose(ChancePurpose.NatPort, 10))
            .Message.ShouldBe("The script has 1 answers, and NatPort asks for one more (0 to 9).");
    }

    [Fact]
    public void Numbers_OfPacketsThatTheHostMakes_TakeNoAnswer()
    {
        ScriptedChance chance = new();
        uint number = chance.Choose(ChancePurpose.PacketIdentification, 65536);
        number.ShouldBe(new SeededChance(0).Choose(ChancePurpose.PacketIdentification, 65536));
        chance.Used.ShouldBe(0);
    }

    [Fact]
    public void Answer_TooLarge_IsRefused() =>
        Should.Throw<ScriptedChanceException>(() => new ScriptedChance(2).Decide(ChancePurpose.Statistic, 5))
            .Message.ShouldBe("Answer 1 of the script is 2, but Statistic asks for 0 to 1.");
}
