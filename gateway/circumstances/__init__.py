"""What is so at the gates themselves: closed areas, wrong tries, uses of credentials, who is expected beside somebody."""
