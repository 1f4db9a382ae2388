using FsCheck;
using FsCheck.Fluent;
using Netfilter.Sim.State;

namespace Netfilter.Sim.Tests.State;

public class CowArrayTests
{
    // Each command: which array acts (modulo how many there are), what it does, where, and with what value.
    [Fact]
    public void Arrays_RandomWritesAddsAndForks_BehaveAsCopiesWould() => Prop.ForAll(
        (from array in Gen.Choose(0, 5)
         from kind in Gen.Frequency((6, Gen.Constant(0)), (2, Gen.Constant(1)), (1, Gen.Constant(2)))
         from index in Gen.Choose(0, 1000)
         from value in Gen.Choose(1, 1000)
         select (array, kind, index, value)).ArrayOf(60).ToArbitrary(),
        commands =>
        {
            List<(CowArray<int> Array, List<int> Model)> all = [(new CowArray<int>(), [])];
            foreach ((int which, int kind, int index, int value) in commands)
            {
                (CowArray<int> array, List<int> model) = all[which % all.Count];
                if (kind == 1)
                {
                    array.Add(value).ShouldBe(model.Count);
                    model.AddRange(new int[value]);
                }
                else if (kind == 2)
                {
                    all.Add((array.Fork(), [.. model]));
                }
                else if (model.Count > 0)
                {
                    array.Write(index % model.Count) = value;
                    model[index % model.Count] = value;
                }
            }
            foreach ((CowArray<int> array, List<int> model) in all)
            {
                array.Count.ShouldBe(model.Count);
                Enumerable.Range(0, model.Count).Select(i => array.Read(i)).ShouldBe(model);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(11, 13));
}
