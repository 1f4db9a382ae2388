using Netfilter.Sim.Kubernetes.Dumps;

namespace Netfilter.Sim.Kubernetes.Tests.Dumps;

public class RuleTextTests
{
    [Theory]
    [InlineData(
        "-A KUBE-SEP-X -m comment --comment ns/web -s 10.0.0.1 -j KUBE-MARK-MASQ",
        "-A KUBE-SEP-X -s 10.0.0.1/32 -m comment --comment \"ns/web\" -j KUBE-MARK-MASQ")]
    [InlineData("-A C -j MARK --xor-mark 0x00004000", "-A C -j MARK --set-xmark 0x4000/0x0")]
    [InlineData("-A C -j MARK --or-mark 0x00004000", "-A C -j MARK --set-xmark 0x4000/0x4000")]
    [InlineData(
        "-A C -m statistic --mode random --probability 0.3333333333 -j D",
        "-A C -m statistic --mode random --probability 0.33333333349 -j D")]
    [InlineData(
        "-A C -m recent --name D --rcheck --seconds 10800 --reap -j D",
        "-A C -m recent --rcheck --seconds 10800 --reap --name D --mask 255.255.255.255 --rsource -j D")]
    [InlineData(
        "-A C -m comment --comment \"a has no endpoints\" -m tcp -p tcp -d 10.0.0.1 --dport 80 -j REJECT",
        "-A C -d 10.0.0.1/32 -p tcp -m comment --comment \"a has no endpoints\" -m tcp --dport 80 -j REJECT " +
        "--reject-with icmp-port-unreachable")]
    [InlineData("-A C ! -s 10.0.0.0/8 -d fd00:0::1 -j D", "[1:60] -A C -d fd00::1/128 ! -s 10.0.0.0/8 -j D")]
    public void Canonical_WrittenAndSavedForm_AreEqual(string written, string saved)
    {
        RuleText.Canonical(written).ShouldBe(RuleText.Canonical(saved));
    }

    [Theory]
    [InlineData("-A C -s 10.0.0.1 -j D", "-A C ! -s 10.0.0.1 -j D")]
    [InlineData("-A C -s 10.0.0.1 -j D", "-A C -d 10.0.0.1 -j D")]
    [InlineData("-A C -j D", "-A C -j E")]
    [InlineData("-A C -j D", "-A B -j D")]
    [InlineData("-A C --probability 0.5 -j D", "-A C --probability 0.51 -j D")]
    public void Canonical_DifferentRules_Differ(string one, string other)
    {
        RuleText.Canonical(one).ShouldNotBe(RuleText.Canonical(other));
    }
}
