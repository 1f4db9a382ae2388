using Netfilter.Sim.TestKit.Live;

namespace Netfilter.Sim.Tests.Conformance.Live;

public sealed class MachineSwitchesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public void Dispose_SwitchesThatWereSet_HaveTheirValuesBack()
    {
        string off = Write("off", "0\n"), level = Write("level", "2\n");

        using (new MachineSwitches([off, level]))
        {
            File.ReadAllText(off).ShouldBe("1\n");
            File.ReadAllText(level).ShouldBe("1\n");
        }

        File.ReadAllText(off).ShouldBe("0\n");
        File.ReadAllText(level).ShouldBe("2\n");
    }

    [Fact]
    public void Dispose_SwitchThatSomebodyElseHadSet_IsLeftAlone()
    {
        string on = Write("on", "1\n");

        using (new MachineSwitches([on]))
        {
            File.WriteAllText(on, "0\n");
        }

        File.ReadAllText(on).ShouldBe("0\n");
    }

    [Fact]
    public void Dispose_Twice_PutsBackOnce()
    {
        string off = Write("off", "0\n");
        MachineSwitches switches = new([off, Path.Combine(_folder, "missing")]);
        switches.Dispose();
        File.WriteAllText(off, "5\n");
        switches.Dispose();

        File.ReadAllText(off).ShouldBe("5\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, string text)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
