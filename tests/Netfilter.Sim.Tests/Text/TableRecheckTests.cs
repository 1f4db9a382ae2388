using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.Tests.Text;

public class TableRecheckTests
{
    private static readonly string[] Names = ["A", "B", "C", "D", "E"];

    // MASQUERADE only goes where POSTROUTING alone leads, DNAT where PREROUTING and OUTPUT do, owner where OUTPUT does.
    private static readonly string[] Targets = ["-j MASQUERADE", "-j DNAT --to-destination 10.0.0.1", "-j ACCEPT", "-m owner --uid-owner 1 -j RETURN"];

    private static Gen<string> Line { get; } = Gen.OneOf(
        from chain in Gen.Elements(Names)
        from other in Gen.Elements(Names)
        from option in Gen.Elements("-j", "-g")
        select $"-A {chain} -s 10.0.0.0/8 {option} {other}",
        from chain in Gen.Elements(Names)
        from target in Gen.Elements(Targets)
        select $"-A {chain} {target}",
        from hook in Gen.Elements("PREROUTING", "OUTPUT", "POSTROUTING", "INPUT")
        from chain in Gen.Elements(Names)
        select $"-A {hook} -j {chain}",
        from hook in Gen.Elements("PREROUTING", "OUTPUT", "POSTROUTING")
        select $"-F {hook}",
        from chain in Gen.Elements(Names)
        select $"-F {chain}",
        from chain in Gen.Elements(Names)
        select $":{chain} - [0:0]");

    private static Gen<string[][]> Payloads { get; } = Line.ArrayOf().ArrayOf();

    [Fact]
    public void ManyPayloads_OneAfterTheOther_AreTakenAndRefusedAsOnAFreshHost()
    {
        int refused = 0, taken = 0;
        PropertyCheck.ForAll(Payloads, payloads =>
        {
            NetworkNamespace host = new("host");
            Restore(host, [.. Names.Select(name => $":{name} - [0:0]")]).ExitCode.ShouldBe(0);
            foreach (string[] lines in payloads)
            {
                NetworkNamespace fresh = new("fresh");
                new IptablesShell(fresh).Execute("iptables-restore", host.Save());

                ShellResult result = Restore(host, lines);

                result.ShouldBe(Restore(fresh, lines));
                host.Save().ShouldBe(fresh.Save());
                (refused, taken) = result.ExitCode == 0 ? (refused, taken + 1) : (refused + 1, taken);
            }
        });
        refused.ShouldBeGreaterThan(200);
        taken.ShouldBeGreaterThan(500);
    }

    private static ShellResult Restore(NetworkNamespace host, string[] lines) => new IptablesShell(host).Execute(
        "iptables-restore --noflush", string.Concat(lines.Where(line => line[0] == ':').Concat(lines.Where(line => line[0] != ':'))
            .Prepend("*nat").Append("COMMIT").Select(line => line + "\n")));
}
