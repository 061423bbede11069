"""Who could pass, who would gain and lose by a change, and what a past entry would be told again: by the gates' own rules."""
