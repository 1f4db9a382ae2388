using Netfilter.Sim.Conformance;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Reference;

try
{
    if (args is ["pack", string folder, string zip])
    {
        Console.WriteLine($"{CasePack.Write(folder, zip)} files");
        if (Path.GetDirectoryName(Path.GetFullPath(zip)) == CaseFolder.Find())
        {
            FidelityTable.Write();
        }
        return 0;
    }
    if (args is ["reference"])
    {
        Console.WriteLine($"{ExtensionReference.Write()} extensions");
        return 0;
    }
    if (args is ["fidelity"])
    {
        Console.WriteLine($"{FidelityTable.Write()} rows");
        return 0;
    }
    switch (args)
    {
        case ["--fuzz", string count]:
            return FuzzCommand.Run(count, "1", Console.Out);
        case ["--fuzz", string count, "--seed", string seed]:
            return FuzzCommand.Run(count, seed, Console.Out);
        case ["--growth", string count]:
            return FuzzCommand.Grow(count, "1", Console.Out);
        case ["--growth", string count, "--seed", string seed]:
            return FuzzCommand.Grow(count, seed, Console.Out);
    }
    if (args is ["--live", ..])
    {
        return LiveCommand.Run(args, Console.Out);
    }
    if (args.Contains("--help"))
    {
        Console.WriteLine(ConformanceOptions.Usage);
        return 0;
    }
    return ConformanceCommand.Run(ConformanceOptions.Parse(args), Console.Out);
}
catch (Exception exception) when (exception is ArgumentException or IOException or InvalidDataException)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
