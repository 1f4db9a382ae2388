Console.WriteLine("Netfilter.Sim");
