using KindCluster;

Scenes scenes = new(Console.Out);
scenes.ExplainOneConnection();
scenes.SpreadOverPods();
scenes.StickToOnePod();
scenes.EnterByNodePort();
scenes.KeepTheClientAddress();
scenes.ReplaceTheEndpointSlice();
